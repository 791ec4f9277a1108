/** The keys of an account. */
import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { Account } from "@tera/admin-api/accounts";
import { lazy, Suspense, useState } from "react";
import { useMay } from "../../api/session.ts";
import { KeyList } from "../keys/key-list.tsx";

const NewKeyDrawer = lazy(() => import("../keys/new-key-drawer.tsx").then((file) => ({ default: file.NewKeyDrawer })));

const route = getRouteApi("/inside/accounts/$accountId");

export function KeysTab({ account }: { account: Account }) {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/accounts/$accountId" });
  const mayWrite = useMay("keys:write");
  const [isCreating, setCreating] = useState(false);
  const create = mayWrite && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setCreating(true)}>
      New key
    </Button>
  );
  return (
    <>
      <KeyList
        accountId={account.id}
        search={search}
        onSearch={(change) => navigate({ search: (before) => ({ ...before, ...change }), replace: true })}
        create={create}
      />
      {isCreating && (
        <Suspense>
          <NewKeyDrawer accountId={account.id} onClose={() => setCreating(false)} />
        </Suspense>
      )}
    </>
  );
}
