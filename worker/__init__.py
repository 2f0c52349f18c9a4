"""The shell: everything that touches the world, cut by the stages of the pipeline."""
