"""Stands in for offboard/migrations: there is nothing to migrate."""
