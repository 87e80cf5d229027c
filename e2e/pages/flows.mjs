// Plays every flow of the pages in a real browser:
//
//   node flows.mjs FOLDER STAGES
//
// STAGES is JSON, a list of what stage.mjs calls a stage; FOLDER gets a picture of each state. A line for each flow on each
// stage: "ok STAGE FLOW" or "bad STAGE FLOW: why"; and one that every form that was offered was sent. The stages
// share nothing but the browser.
import { browser, inTurn } from "./browser.mjs";
import { Stage } from "./stage.mjs";
import door from "./flows/door.mjs";
import connecting from "./flows/connecting.mjs";
import searching from "./flows/searching.mjs";
import exporting from "./flows/exporting.mjs";
import feeds from "./flows/feeds.mjs";
import accounts from "./flows/accounts.mjs";
import activity from "./flows/activity.mjs";
import settings from "./flows/settings.mjs";
import webhooks from "./flows/webhooks.mjs";
import workers from "./flows/workers.mjs";
import keyboard from "./flows/keyboard.mjs";
import leaving from "./flows/leaving.mjs";

const files = { door, connecting, searching, exporting, feeds, accounts, activity, settings, webhooks, workers, keyboard, leaving };
const [folder, list] = process.argv.slice(2);

// play plays all flows on a stage, one after the other. What a flow names in `scripted` needs scripts.
async function play(stage) {
  await stage.window();
  const leave = stage.remember();
  for (const { flows, scripted } of Object.values(files)) {
    for (const [name, flow] of Object.entries({ ...flows, ...stage.scripts ? scripted : {} })) {
      await tell(`${stage.name} ${name}`, async () => {
        await flow(stage);
        if (stage.faults.length > 0) throw new Error(stage.faults.join("; "));
      });
      await leave();
      stage.faults.length = 0;
    }
  }
  await tell(`${stage.name} every form is sent`, async () => {
    const left = [...stage.offered].filter((form) => !stage.pressed.has(form));
    if (left.length > 0) throw new Error(`nobody sent ${left.join(", ")}`);
  });
  await stage.context.close();
}

async function tell(what, thing) {
  const why = await thing().then(() => "", (e) => `: ${e.message.replace(/\s+/g, " ").slice(0, 600)}`);
  console.log(`${why ? "bad" : "ok"} ${what}${why}`);
}

try {
  await inTurn(JSON.parse(list).map((of) => () => play(new Stage(of, folder))));
} finally {
  await browser.close();
}
