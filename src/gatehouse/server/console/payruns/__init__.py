"""The clerk's pages of pay: runs, their review, what is said by hand, how a site pays, files for banks and books."""
