"""What an administrator does: pages, and the operations behind them."""
