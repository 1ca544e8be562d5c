"""The client's side of a shared table: what a follower says, keeps and is told, without any carrier."""
