"""The parts that pages are built from. They take plain values, emit signals and know nothing of projects."""
