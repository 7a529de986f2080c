"""What a call consists of: each operator by itself, autograd, Python and native code. It times no cell."""
