"""What a person wants done with mail as it arrives: rules that file it, and an answer while they are away."""
