"""Pages that work without JavaScript and without the assistant: cancel, receipts, exports."""
