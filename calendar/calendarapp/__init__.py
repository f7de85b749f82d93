"""Events, scheduling, sharing, resources and tasks."""
