/**
 * When something that is kept true is read again. An answer that is on its way is waited for: given up at each piece of
 * news, it would never come where there is always news. News that comes meanwhile is read once, after it.
 */
export class ReadingTurn {
  private reading = false;
  private missed = false;

  constructor(private readonly again: () => void) {}

  readonly news = (): void => {
    if (this.reading) this.missed = true;
    else this.again();
  };

  /** Whether an answer is on its way. */
  reads(reading: boolean): void {
    this.reading = reading;
    if (reading || !this.missed) return;
    this.missed = false;
    this.again();
  }
}
