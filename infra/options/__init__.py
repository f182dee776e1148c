"""The sections of a stack file, typed: one module for each part of the deployment."""
