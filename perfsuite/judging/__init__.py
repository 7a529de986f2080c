"""Whether a commit made a cell slower: two trees in one worker, many fresh workers, and a test valid at any stop.

resolved trees -> epochs of pairs -> one X per cell and epoch -> sequential evidence -> verdict -> record file.
"""
