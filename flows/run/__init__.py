"""One run: its folder, workspace, context and step book; what a step may rely on."""
