"""The figures of a paper: values in, matplotlib figures out; legible in print, safe for colour-blind readers."""
