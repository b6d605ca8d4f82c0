"""Text with formatting: Markdown ⇄ ADF ⇄ wiki markup, changing only the blocks a person edited.

``body`` holds what the other rooms call; ``html`` shows Markdown on our pages. Between the three
notations stands one tree: ADF nodes as plain JSON (``nodes``), also for wiki markup.
"""
