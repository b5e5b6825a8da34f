"""The process that runs jobs: claims, zygotes, environments, limits, logs."""
