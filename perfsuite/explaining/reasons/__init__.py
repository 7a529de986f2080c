"""The evidence of both sides, the rules that name a reason from it, and the paragraph."""
