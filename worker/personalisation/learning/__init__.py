"""What goes with what, learned from a shop's own orders. Numbers in, numbers out; rows are stored by `fitting`."""
