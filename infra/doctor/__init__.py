"""What would stop the first deployment: checks that are pure over the output of commands."""
