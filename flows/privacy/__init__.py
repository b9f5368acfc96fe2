"""What the law on personal information asks for: access, assessment, and the one way clear names go out."""
