//! From the model and its verdicts to the plain result.
