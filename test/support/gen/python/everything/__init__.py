__all__ = ['ttypes', 'constants', 'Base', 'EverythingService']
