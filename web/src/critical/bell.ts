import { audible, QUIET, step } from "./alarm";
import type { MuteStore } from "./mute";
import type { Sounder } from "./sounder";
import type { CriticalStore } from "./store";
import type { Turn } from "./turn";

const LOOK_EVERY_MS = 1_000;

/** Sounds for what is open and nobody has muted, again and again until it is acknowledged. */
export class Bell {
  private alarm = QUIET;
  private undo: readonly (() => void)[] = [];

  constructor(
    private readonly criticals: Pick<CriticalStore, "snapshot" | "subscribe">,
    private readonly mute: Pick<MuteStore, "snapshot" | "subscribe">,
    private readonly sounder: Pick<Sounder, "snapshot" | "subscribe" | "play">,
    private readonly turn: Pick<Turn, "mine" | "start" | "stop">,
  ) {}

  start(): void {
    const timer = setInterval(this.look, LOOK_EVERY_MS);
    this.undo = [
      () => clearInterval(timer),
      () => this.turn.stop(),
      this.criticals.subscribe(this.look),
      this.mute.subscribe(this.look),
      this.sounder.subscribe(this.look),
    ];
    this.look();
  }

  stop(): void {
    this.undo.forEach((undo) => undo());
    this.undo = [];
  }

  private readonly look = (): void => {
    // A tab that may not sound must not keep another one silent.
    if (this.sounder.snapshot() !== "ready") this.turn.stop();
    else this.turn.start();
    if (!this.turn.mine) return;
    const open = this.criticals.snapshot().state?.open ?? [];
    const { alarm, burst } = step(this.alarm, audible(open, this.mute.snapshot()), Date.now());
    this.alarm = alarm;
    if (burst !== null) this.sounder.play(burst);
  };
}
