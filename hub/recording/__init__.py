"""Call recording: audio comes as RTP, one stream each way, and becomes one file a call."""
