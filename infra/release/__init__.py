"""From a change to production: what a pull request shows, what is promoted, when it is taken back."""
