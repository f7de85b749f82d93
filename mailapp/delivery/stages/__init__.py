"""The stages of the pipeline, one module each, with one public function. ``pipeline`` puts them in order."""
