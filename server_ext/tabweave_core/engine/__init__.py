"""The table engine, run inside a kernel for private frames and inside the server for shared tables."""
