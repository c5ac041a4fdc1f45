import type { Tone } from "./alarm";

/** `blocked`: the browser waits for a click or a key on this page before it lets it sound. */
export type SoundState = "ready" | "blocked" | "absent";

/** Pulses of a burst, Hz; a pause is 0. The more urgent, the higher, the quicker and the longer. */
const PULSES: Readonly<Record<Tone, { readonly hertz: readonly number[]; readonly s: number }>> = {
  urgent: { hertz: [988, 784, 988, 784, 988, 0, 988, 784, 988, 784, 988], s: 0.14 },
  critical: { hertz: [784, 784, 0, 988], s: 0.2 },
  review: { hertz: [587, 494], s: 0.24 },
};

const VOLUME = 0.4;
/** Rise and fall of a pulse: without them it clicks. */
const RAMP_S = 0.02;

/** Not "pointerdown": what says that the sound is off goes with it, and would move the page under the finger. */
const GESTURES = ["click", "keydown"] as const;

/** The loudspeaker. Sounds are made here: there is no file to load, and none that a network could withhold. */
export class Sounder {
  private context: AudioContext | null = null;
  private readonly listeners = new Set<() => void>();

  start(): void {
    if (typeof AudioContext === "undefined") return;
    this.context = new AudioContext();
    this.context.addEventListener("statechange", this.changed);
    // Any click will do, and again whenever the browser has taken the sound away.
    GESTURES.forEach((gesture) => window.addEventListener(gesture, this.unblock));
    this.changed();
  }

  stop(): void {
    GESTURES.forEach((gesture) => window.removeEventListener(gesture, this.unblock));
    this.context?.removeEventListener("statechange", this.changed);
    void this.context?.close();
    this.context = null;
  }

  readonly snapshot = (): SoundState => {
    if (this.context === null) return "absent";
    return this.context.state === "running" ? "ready" : "blocked";
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly unblock = (): void => {
    if (this.context?.state === "suspended") this.context.resume().catch(() => undefined);
  };

  play(tone: Tone): void {
    const { context } = this;
    if (context === null) return;
    const { hertz, s } = PULSES[tone];
    const start = context.currentTime + 0.05;
    hertz.forEach((pitch, at) => {
      if (pitch > 0) pulse(context, pitch, start + at * (s + 0.06), s);
    });
  }

  private readonly changed = (): void => this.listeners.forEach((listener) => listener());
}

function pulse(context: AudioContext, pitch: number, start: number, s: number): void {
  const oscillator = new OscillatorNode(context, { type: "triangle", frequency: pitch });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(VOLUME, start + RAMP_S);
  gain.gain.setValueAtTime(VOLUME, start + s - RAMP_S);
  gain.gain.linearRampToValueAtTime(0, start + s);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(start + s);
}
