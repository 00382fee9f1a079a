"""Access: who may pass where and when, checked before it takes effect, and explained afterwards."""
