"""Media of calls: RTP, codecs, and streams laid on a time line. Pure; for the recorder and for phone adapters.

`hub.media.rtp` needs the standard library alone, the rest the extra `recording`: numpy, and av for G.722 and Opus.
"""
