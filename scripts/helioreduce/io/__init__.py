"""Files: FITS, ECSV, processing history, figures, and the one atomic writer."""
