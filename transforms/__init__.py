"""What happens to a collection: functions first, thin PTransforms second."""
