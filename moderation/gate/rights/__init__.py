"""Who may show what, as people say it.

- `claims`: what people tell the gate, all in one place; `declarations`: of one work
- `banks`: named lists of pictures that all may show
- `appeals`: an appeal is decided; `hindsight`: what is known of a decision then
"""
