/** Every way in, and out: the one-time link, password, codes of an app, a passkey. */
import { createHmac } from "node:crypto";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { accept, notSignedIn, type People, password } from "./people.ts";

export function describeSignIn(people: People): void {
  test("the link lets the first owner in, once", async () => {
    const link = await people.invite("owner");
    const first = await people.open();
    await accept(first, link, { name: "Ada", email: people.freshEmail() });
    expect(first.takeFaults()).toEqual([]);
    await first.context.close();

    const second = await people.open();
    await second.page.goto(link);
    await second.page.getByText("This link does not work").waitFor();
    expect(second.takeFaults(/404/)).toEqual([]);
    await second.context.close();
  });

  test("a wrong password stays outside; the right one leads to the page that was asked for; signing out ends it", async () => {
    const { context, email } = await people.enter("owner");
    await context.clearCookies();
    const { page, takeFaults } = await people.open({});
    await page.goto("/members");
    await enterPassword(page, email, "not the password");
    await page
      .getByRole("alert")
      .filter({ hasText: /password|e-mail/i })
      .waitFor();
    await enterPassword(page, email, password);
    await page.getByRole("heading", { name: "Members", level: 1 }).waitFor();
    // The door is behind them.
    await page.goBack();
    expect(page.url()).toBe("about:blank");
    await page.goForward();
    await signOut(page);
    await page.goto("/members");
    await page.getByRole("button", { name: "With a passkey" }).waitFor();
    expect(takeFaults(notSignedIn).filter((fault) => !/401 .*sign-in\/email/.test(fault))).toEqual([]);
    await Promise.all([context.close(), page.context().close()]);
  });

  test("with codes switched on, a password alone does not open the door, and the code of the moment does", async () => {
    const { page, context, email, takeFaults } = await people.enter("viewer");
    await page.goto("/profile");
    const codes = page.getByRole("region", { name: "Codes of an app" });
    await codes.getByLabel("Your password").fill(password);
    await page.keyboard.press("Enter");
    const secret = (await page.getByRole("dialog").locator("code").first().textContent()) ?? "";
    await typeCode(page, "000000");
    await page.getByText("This code is not right.").waitFor();
    // The first of the fields has the focus again, and all are empty.
    await page.keyboard.type(codeOf(secret, 0));
    await page.getByText("Codes are switched on.").waitFor();
    await signOut(page);
    await enterPassword(page, email, password);
    await page.getByLabel("Code").fill("000000");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    // The next one: each opens once.
    await page.getByLabel("Code").fill(codeOf(secret, 1));
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("navigation", { name: "Pages" }).waitFor();
    expect(takeFaults(/status of 401/)).toEqual([]);
    await context.close();
  });

  test("a passkey opens the door without a password", async () => {
    const { page, context, takeFaults } = await people.enter("viewer");
    const debug = await context.newCDPSession(page);
    await debug.send("WebAuthn.enable");
    await debug.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await page.goto("/profile");
    const passkeys = page.getByRole("region", { name: "Passkeys" });
    await passkeys.getByLabel("Name of a new one").fill("laptop");
    await page.keyboard.press("Enter");
    await page.getByText("The passkey was added.").waitFor();
    await signOut(page);
    await page.getByRole("button", { name: "With a passkey" }).click();
    await page.getByRole("navigation", { name: "Pages" }).waitFor();
    expect(takeFaults(notSignedIn)).toEqual([]);
    await context.close();
  });
}

async function enterPassword(page: Page, email: string, secret: string): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").first().fill(secret);
  await page.getByRole("button", { name: "Sign in" }).click();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: /account menu/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}

async function typeCode(page: Page, code: string): Promise<void> {
  const fields = page.getByRole("dialog").locator("input[maxlength], input[type=tel], input[inputmode=numeric]");
  await fields.first().click();
  await page.keyboard.type(code);
}

/** RFC 6238. @param secret in base32 @param ahead periods of 30 s from now */
function codeOf(secret: string, ahead: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replace(/=+$/, "")].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0"));
  const key = Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const digest = createHmac("sha1", key).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(offset) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, "0");
}
