"""Mail on its way: intake, the pipeline of stages, the outbound queue, reports back to the sender, limits."""
