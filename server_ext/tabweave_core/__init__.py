"""What the kernel and the server share: the wire protocol and the engine.

Nothing here knows Jupyter, opens a network connection, or reads a clock or a random source that its caller did not hand in.
"""
