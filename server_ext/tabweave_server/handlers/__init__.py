"""One noun a module: what answers under `/tabweave/api/v1`."""
