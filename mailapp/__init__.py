"""What a person does with mail and contacts."""
