"""The markdown archive: what its files say (pure), and the disk (edge).

page         pure   the page of a draft, and how it is changed later
source       pure   the mail that is answered, and the prompt
frontmatter  pure   the YAML block at the head of a file
escape       pure   foreign text as text: nothing in it becomes active
name         pure   what the files are called
store        edge   writes a file whole or not at all
"""
