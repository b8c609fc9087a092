//! Dashboard, API, feed and metrics.
