// What the forms of a page are called: method, address and deed, such as "POST /accounts/* do=pause". Names of things in an
// address are stars, and a form that was asked about first ends in "sure".

// known are the addresses that end with the name of a thing.
const known = "^/(accounts|connect|queues|workers|settings/(?:tokens|sessions|feeds|webhooks))/.+";
const place = (address) => address.pathname.replace(new RegExp(known), "/$1/*");

// sent is what a request of a browser to open a page is called.
export function sent(request) {
  const to = place(new URL(request.url()));
  if (request.method() !== "POST") return `GET ${to}`;
  const form = new URLSearchParams(request.postData() ?? "");
  const deed = ["run", "cancel"].find((name) => form.has(name)) ?? ["do", "theme", "keys"].filter((name) => form.has(name)).map((name) => `${name}=${form.get(name)}`)[0];
  return ["POST", to, deed, form.get("sure") && "sure"].filter(Boolean).join(" ");
}

// offered runs in the page: what its forms would be called when they are sent, by each of their buttons.
function offered(known) {
  const out = [];
  for (const form of document.forms) {
    if (form.getAttribute("method") === "dialog") continue;
    for (const button of form.querySelectorAll("button:not([type=button])")) {
      const to = new URL(button.getAttribute("formaction") ?? form.getAttribute("action"), location).pathname.replace(new RegExp(known), "/$1/*");
      if (form.method !== "post") {
        out.push(`GET ${to}`);
        continue;
      }
      const deed = ["run", "cancel"].includes(button.name) ? button.name : button.name && `${button.name}=${button.value}`;
      out.push(["POST", to, deed, form.querySelector("[name=sure]") && "sure"].filter(Boolean).join(" "));
    }
  }
  return out;
}

// offers is an expression that tells it in a page.
export const offers = `(${offered})(${JSON.stringify(known)})`;
