"""`tab/1`: the operations, messages and bytes that every carrier moves. It must not know who sends or stores them."""
