"""The pages of sharing: what others share with one, and what one shares."""
