"""The words of rule files that the hub itself knows; plugins register theirs in the same form."""
