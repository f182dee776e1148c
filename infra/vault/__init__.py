"""A stack's secrets as people handle them: set, listed, deleted; in Azure and on the twin alike."""
