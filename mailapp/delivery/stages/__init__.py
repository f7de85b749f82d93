"""The stages of the pipeline, one module each, with one public function. ``pipeline`` puts them in order.

``filing``, ``passing_on`` and ``answering`` are parts of ``storing``: what a recipient's rules want is written in the
transaction that stores the message.
"""
