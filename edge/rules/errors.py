"""What can be wrong with rules.

RulesError          a rules file that cannot be used; one line: file, line, what is wrong, what would be right
"""


class RulesError(Exception):
    """file, line: where (line from 1)."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line
        self.message = message
