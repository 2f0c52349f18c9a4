"""Shopify: webhooks of the Admin API and of the notification settings. Source: shopify.dev, webhooks, API 2026-04."""
