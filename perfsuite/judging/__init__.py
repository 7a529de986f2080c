"""Did a commit make it slower? Two trees in one worker, fresh workers as the unit, a test that may be looked at always.

resolved trees -> epochs of pairs -> one X per cell and epoch -> sequential evidence -> verdict -> record file.
"""
