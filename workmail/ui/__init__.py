"""What every page shares: layout, components, icons, formats of dates and sizes, refusals as pages."""
