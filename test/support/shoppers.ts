// Callers of a Service with sessions, who keep what answers tell them, and the town that notes whatever becomes of them that should not.

/** What an answer said. */
export interface Visit {
  /** Who answered; where nobody did, with what. */
  readonly pod: string;
  /** `x-switchboard-session`; '' = nothing. */
  readonly told: string;
  /** A new one; '' = the old one stays. */
  readonly token: string;
}

/** One way to ask, over some protocol through some sidecar. `token`: '' = none. */
export type Way = (token: string) => Promise<Visit>;

export interface Shopper {
  token: string;
  /** The pod of the session, as far as its answers have told. */
  home: string;
  /** Answers that told of a new home. */
  moves: number;
  /** Answers of another pod than the home, which told so. */
  away: number;
  /** How often he has asked; they do not begin all with the same. */
  visits: number;
}

export class Town {
  readonly shoppers: readonly Shopper[];
  /** Pods that are gone. */
  readonly gone = new Set<string>();
  /** Pods that are there, and whose sessions others may answer for. */
  readonly sick = new Set<string>();
  /** Answers from elsewhere than home while home was there, and sessions that ended: there may be none. */
  readonly strays: string[] = [];
  #lanes: readonly (readonly Way[])[] = [];

  constructor(count: number) {
    this.shoppers = Town.strangers(count);
  }

  static strangers(count: number): Shopper[] {
    return Array.from({ length: count }, (_, visits) => ({ token: '', home: '', moves: 0, away: 0, visits }));
  }

  /** Lanes are asked at the same time; each shopper takes another way than the last time. */
  connect(lanes: readonly (readonly Way[])[]): void {
    this.#lanes = lanes;
  }

  /** Every one of `shoppers` asks once. */
  async shop(shoppers: readonly Shopper[]): Promise<void> {
    const waiting = [...shoppers];
    await Promise.all(
      this.#lanes.map(async (ways) => {
        for (let shopper = waiting.pop(); shopper !== undefined; shopper = waiting.pop()) {
          shopper.visits += 1;
          await this.ask(shopper, ways[shopper.visits % ways.length] as Way);
        }
      }),
    );
  }

  async ask(shopper: Shopper, way: Way): Promise<string> {
    const { home } = shopper;
    const homeWasGone = this.gone.has(home);
    const homeWasSick = this.sick.has(home);
    const { pod, told, token } = await way(shopper.token);
    const homeIsGone = homeWasGone || this.gone.has(home);
    const mayBeAway = homeIsGone || homeWasSick || this.sick.has(home);
    if (token !== '') shopper.token = token;
    if (told === 'new') {
      if (home !== '') this.strays.push(`${home} ended, ${pod}`);
      shopper.home = pod;
    } else if (told === 'moved') {
      if (!homeIsGone) this.strays.push(`${home} → ${pod}`);
      shopper.home = pod;
      shopper.moves += 1;
    } else if (told === 'away') {
      if (!mayBeAway) this.strays.push(`${home} ~ ${pod}`);
      shopper.away += 1;
    } else if (pod !== home) this.strays.push(`${home} ! ${pod}`);
    return pod;
  }

  of({ name }: { readonly name: string }): Shopper[] {
    return this.shoppers.filter(({ home }) => home === name);
  }
}
