"""What an administrator may do, and nobody else."""
