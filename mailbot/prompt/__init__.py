"""What is asked of the model and what is read from its answer. Pure: both halves of one contract."""
